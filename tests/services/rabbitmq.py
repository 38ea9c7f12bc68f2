"""A private RabbitMQ for one test run.

Folders, ports, cookie and port mapper are its own, so that nothing is shared with a broker of the system.
"""

from __future__ import annotations

import os
import secrets
import signal

from tests.services import rendezvous
from tests.services.ports import free_port
from tests.services.programs import obtain
from tests.services.rendezvous import Order

URL_VARIABLE = "SPOC_TEST_AMQP_URL"
# Half a dozen settings that keep it small and on loopback.
CONFIGURATION = """\
listeners.tcp.local = 127.0.0.1:{port}
default_user = spoc
default_pass = {password}
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.relative = 0.3
log.console = false
log.file.level = warning
"""


def server_url() -> str:
    """The broker that the environment names, else the private one of this run."""
    return os.environ.get(URL_VARIABLE) or str(rendezvous.once("rabbitmq", _start)["url"])


def _start() -> dict[str, object]:
    script = obtain("rabbitmq-server")
    place = rendezvous.meeting_place()
    folder = place / "rabbitmq"
    folder.mkdir(mode=0o700)
    port, distribution_port, mapper_port = free_port(), free_port(), free_port()
    password = secrets.token_hex(16)
    (folder / "rabbitmq.conf").write_text(CONFIGURATION.format(port=port, password=password))
    (folder / "plugins").write_text("[].\n")
    (folder / "environment").touch()
    cookie = folder / ".erlang.cookie"
    cookie.write_text(secrets.token_hex(16))
    cookie.chmod(0o400)
    supervisor = rendezvous.start(
        Order(
            command=[script],
            environment={
                "PATH": f"{os.environ.get('PATH', '')}:{os.defpath}:/usr/sbin:/sbin",
                "HOME": str(folder),
                "LC_ALL": "C.UTF-8",
                "ERL_EPMD_PORT": str(mapper_port),
                "ERL_EPMD_ADDRESS": "127.0.0.1",
                "RABBITMQ_NODENAME": f"spoc-{secrets.token_hex(4)}@localhost",
                "RABBITMQ_DIST_PORT": str(distribution_port),
                "RABBITMQ_CONF_ENV_FILE": str(folder / "environment"),
                "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
                "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
                "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
                "RABBITMQ_LOG_BASE": str(folder / "log"),
                "RABBITMQ_PID_FILE": str(folder / "pid"),
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 -kernel inet_dist_use_interface {127,0,0,1}",
            },
            folder=str(folder),
            log=str(place / "rabbitmq.log"),
            ready="completed with",
            stop_signal=signal.SIGKILL.name,  # it is thrown away; an orderly end takes seconds
            owner=rendezvous.owner(),
            meeting_place=str(place),
        )
    )
    return {"url": f"amqp://spoc:{password}@127.0.0.1:{port}/", "supervisor": supervisor}
