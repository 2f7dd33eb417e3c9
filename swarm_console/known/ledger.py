"""Pages of the swarm's log about one node or package: the newest, and older ones as they are asked for."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from swarm_console.known.inquiry import read
from swarm_console.wire.ask import Swarm
from swarm_node.model.events import Record

PAGE: Final = 100


class Ledger:
    """Records of one `node` or `package`, newest first; `complete` when there is no older one.

    Its methods block. Raises: Refused.
    """

    def __init__(self, connect: Callable[[], Swarm], about: dict[str, str]) -> None:
        self._connect, self._about = connect, about
        self.records: list[Record] = []
        self.complete = False

    def newest(self) -> list[Record]:
        """Bring the list up to date."""
        page = self._page({})
        known = self.records[0].seq if self.records else 0
        fresh = [record for record in page if record.seq > known]
        if len(fresh) == PAGE or not self.records:
            self.records, self.complete = page, len(page) < PAGE
        else:
            self.records = [*fresh, *self.records]
        return self.records

    def older(self) -> list[Record]:
        """One page more."""
        if self.records and not self.complete:
            page = self._page({"before": str(self.records[-1].seq)})
            self.records, self.complete = [*self.records, *page], len(page) < PAGE
        return self.records

    def _page(self, more: dict[str, str]) -> list[Record]:
        asked = urlencode({"limit": PAGE, **self._about, **more})
        return read(self._connect().get(f"/api/v1/history?{asked}"), list[Record])
