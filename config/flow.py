"""How much may wait before the doors take less, and who is called when something stands still."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

Marks = tuple[float, float, float]


class Flow(BaseModel):
    """How much may wait, and who is called when something stands still. Each watermark is warn, shed, stop; 0 leaves that one out.

    At `shed` the doors take only what is urgent, at `stop` nothing. Disk space is short where both its octets and its share are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    urgent_mailboxes: tuple[str, ...] = Field(
        (), max_length=100, description="Mail addresses of ours for urgent messages: refused last when too much waits."
    )
    disk_free_mib: Marks = Field((2048, 1024, 256), description="Free space where the data folder is, in MiB.")
    disk_free_percent: Marks = Field((10, 5, 2), description="The same as a share of that disk.")
    queue: Marks = Field((50_000, 200_000, 1_000_000), description="Messages that wait for a stage.")
    oldest_minutes: Marks = Field(
        (10, 120, 0), description="Minutes that the oldest of them waits though it could go on."
    )
    memory_mib: Marks = Field((1024, 2048, 4096), description="Memory of the front process, in MiB.")
    unpublished: Marks = Field(
        (50_000, 500_000, 2_000_000), description="Journal entries that the published log does not hold yet."
    )
    urgent_oldest_seconds: float = Field(
        60, ge=0, description="An urgent message that waits for longer though it could go on is an alarm; 0 for none."
    )
    silence_days: int = Field(
        7, ge=3, le=28, description="What an office usually sends at an hour is the median of so many days."
    )
    silence_least: float = Field(
        10, ge=0, description="Silence is an alarm where usually at least so many messages an hour come; 0 for none."
    )
    canary_seconds: float = Field(
        60, ge=0, le=86_400, description="How often a test message of our own goes through each door; 0 for never."
    )
    canary_late_seconds: float = Field(30, gt=0, le=3600, description="How long one may take before it is an alarm.")

    @field_validator("disk_free_mib", "disk_free_percent", "queue", "oldest_minutes", "memory_mib", "unpublished")
    @classmethod
    def _in_order(cls, value: Marks, info: ValidationInfo) -> Marks:
        told = [mark for mark in value if mark]
        if min(value) < 0 or told != sorted(told, reverse=str(info.field_name).startswith("disk")):
            raise ValueError("write warn, shed and stop in the order in which they are passed; 0 leaves one out")
        return value
