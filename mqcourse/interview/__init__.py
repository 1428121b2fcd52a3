"""The interview questions: loaded from book/questions and held to their form."""
