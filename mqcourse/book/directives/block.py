"""What the book's directives share: the YAML of their body, and inline Markdown as nodes."""

from typing import TYPE_CHECKING, Any

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Block(SphinxDirective):
    """A directive whose mistakes are named with the chapter and the line, and fail the build."""

    has_content = True

    def settings(self, allowed: "Mapping[str, type]", required: "Sequence[str]" = ()) -> dict[str, Any]:
        """The body as YAML, held to the allowed keys and their types.

        Raises the directive's error (a build error naming chapter and line) on anything else.
        """
        try:
            read = yaml.safe_load("\n".join(self.content)) or {}
        except yaml.YAMLError as error:
            raise self.error(f"{{{self.name}}}: not YAML: {' '.join(str(error).split())}") from error
        if not isinstance(read, dict):
            raise self.error(f"{{{self.name}}}: write `key: value` lines; allowed: {', '.join(allowed)}")
        for key, value in read.items():
            if key not in allowed:
                raise self.error(f"{{{self.name}}}: unknown key {key!r}; allowed: {', '.join(allowed)}")
            if not isinstance(value, allowed[key]) or isinstance(value, bool):
                raise self.error(f"{{{self.name}}}: {key} must be a {allowed[key].__name__}, not {value!r}")
        for key in required:
            if not read.get(key):
                raise self.error(f"{{{self.name}}}: {key} is missing")
        return read

    def inline(self, text: str) -> list[nodes.Node]:
        """Inline Markdown as nodes."""
        parsed = self.markdown(text)
        if len(parsed) == 1 and isinstance(parsed[0], nodes.paragraph):
            return list(parsed[0].children)
        return parsed

    def markdown(self, text: str) -> list[nodes.Node]:
        """Markdown as nodes."""
        holder = nodes.container()
        holder.document = self.state.document
        source, _ = self.get_source_info()
        self.state.nested_parse(StringList(text.splitlines(), source), self.content_offset, holder)
        return list(holder.children)

    def bullets(self, items: "Sequence[str]") -> nodes.bullet_list:
        """A list, one item a text."""
        found = nodes.bullet_list(bullet="-")
        for item in items:
            found += nodes.list_item("", nodes.paragraph("", "", *self.inline(item)))
        return found
