"""The picture that a link to the book shows elsewhere, drawn by Chromium: python -m tools.social_picture."""

import sys
from pathlib import Path

from mqcourse.book.directives.page_tags import PICTURE_SIZE
from mqcourse.home import CHECKOUT
from tools.browser import chromium

TARGET = CHECKOUT / "book" / "_static" / "social.png"
PAGE = """<!doctype html><meta charset="utf-8"><title>social</title><style>
* { box-sizing: border-box; margin: 0 }
body { width: 1200px; height: 630px; padding: 70px 80px; background: #10202e; color: #fff;
  font-family: -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif }
h1 { font-size: 74px; line-height: 1.1 } p { font-size: 32px; margin-top: 18px; color: #d5e3ee }
.row { display: grid; grid-template-columns: 1fr 1fr; gap: 50px; align-items: center; margin-top: 44px }
.box { border: 4px solid #b4bfca; border-radius: 14px; padding: 14px 20px; font-size: 28px; font-weight: 700 }
.queue { border-radius: 0; border-inline: 12px double #7cc4ef; min-height: 150px }
.dead { border: 4px dashed #ffb454; color: #ffb454 } .box + .box { margin-top: 18px }
span { display: inline-block; margin: 12px 8px 0 0; padding: 4px 16px; border: 4px solid #7cc4ef; border-radius: 8px;
  background: #263a4a; color: #fff } .again { border-color: #ffb454 }
</style><h1>Mastering message queues</h1>
<p>RabbitMQ, Kafka and Azure Service Bus: break them, and see what is lost.</p>
<div class="row"><div class="box queue">Queue<br><span class="again">↻1</span><span class="again">↻2</span><span>5</span><span>6</span></div>
<div><div class="box dead">Ada ✕ killed</div><div class="box">Ben <span>3</span><span>4</span></div></div></div>"""


def draw(target: Path = TARGET) -> Path:
    """Write the picture and return its path."""
    with chromium() as browser:
        width, height = PICTURE_SIZE
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_content(PAGE)
        page.screenshot(path=target)
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{draw()}\n")
