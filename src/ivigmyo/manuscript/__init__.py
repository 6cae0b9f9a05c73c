"""The numbers of a manuscript, held against the data they were computed from."""

from ivigmyo.manuscript.ledger import Ledger, LedgerRow, Verdict, verification_text
from ivigmyo.manuscript.printed import PrintedText, read_printed
from ivigmyo.manuscript.verify import verify

__all__ = ["Ledger", "LedgerRow", "PrintedText", "Verdict", "read_printed", "verification_text", "verify"]
