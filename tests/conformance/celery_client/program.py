"""Celery and kombu over Service Bus: tasks, retries, times, late acknowledgement; kombu's own queue.

SERVICEBUS_CONNECTION is the emulator's connection string, REQUESTS_CA_BUNDLE the certificate to trust (queues are made
by the administration client, which insists on HTTPS). TRANSPORT names the class, as in
secure_transport:WebSocketTransport; those of secure_transport.py also read SERVICEBUS_ENDPOINT. Prints one line of JSON
for each case.
"""

import datetime
import json
import os
import queue
import time
import traceback
import uuid

from celery import Celery
from celery.contrib.testing.worker import start_worker
from kombu import Connection

WAIT_S = 60
TRANSPORT = os.environ["TRANSPORT"]
seen = queue.Queue()


def made(**more):
    # snippet: celery
    app = Celery("tasks", broker="azureservicebus://policy:key@emulator")
    app.conf.broker_transport = "emulator_transport:Transport"
    # end of snippet
    app.conf.broker_transport = TRANSPORT
    app.conf.update(
        task_default_queue=f"celery-{uuid.uuid4().hex[:8]}", worker_enable_remote_control=False, **more
    )
    return app


def worked(app):
    return start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=60)


def got(count):
    return [seen.get(timeout=WAIT_S) for _ in range(count)]


def every_task_runs_once():
    app = made()

    @app.task(name="note")
    def note(number):
        seen.put(number)

    with worked(app):
        for number in range(8):
            note.delay(number)
        assert sorted(got(8)) == list(range(8))
    assert seen.empty()


def a_failing_task_is_tried_again():
    app = made()

    @app.task(name="flaky", bind=True, max_retries=3, default_retry_delay=0)
    def flaky(self):
        seen.put(self.request.retries)
        if self.request.retries < 2:
            raise self.retry()

    with worked(app):
        flaky.delay()
        assert got(3) == [0, 1, 2]


def a_task_with_a_time_waits_for_it():
    app = made()

    @app.task(name="due")
    def due():
        seen.put(datetime.datetime.now(datetime.UTC))

    with worked(app):
        at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
        due.apply_async(eta=at)
        assert got(1)[0] >= at


def late_acknowledgement():
    app = made(task_acks_late=True, worker_prefetch_multiplier=1)

    @app.task(name="late")
    def late(number):
        seen.put(number)

    with worked(app):
        for number in range(4):
            late.delay(number)
        assert sorted(got(4)) == list(range(4))


def a_simple_queue_of_kombu():
    name = f"kombu-{uuid.uuid4().hex[:8]}"
    with Connection("azureservicebus://policy:key@emulator", transport=TRANSPORT) as connection:
        simple = connection.SimpleQueue(name)
        simple.put({"hello": ["wörld", 1, None]})
        message = simple.get(timeout=WAIT_S)
        assert message.payload == {"hello": ["wörld", 1, None]}
        # requeueing does nothing in this transport: such a message comes again when its lock has ended
        message.ack()
        for number in range(3):
            simple.put(number)
        assert simple.qsize() == 3
        assert simple.clear() == 3
        simple.close()


CASES = [every_task_runs_once, a_failing_task_is_tried_again, a_task_with_a_time_waits_for_it, late_acknowledgement,
         a_simple_queue_of_kombu]  # fmt: skip
for case in CASES:
    began, error = time.monotonic(), None
    try:
        case()
    except Exception:
        error = traceback.format_exc()
    print(
        json.dumps({"name": case.__name__, "error": error, "tookSeconds": time.monotonic() - began}),
        flush=True,
    )
