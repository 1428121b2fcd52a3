"""Fetching without root what the course needs: packages, jars, a Java, a browser, npm packages; all of it verified."""
