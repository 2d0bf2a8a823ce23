"""Other people's data sets as rows of ours, for trainers and for `skillrm judge`.

A row that cannot be used is named with file, line, field and mend; what of a row cannot be run is named with why. Code
that comes with the data is read here and never run: that is the sandbox's business, when an answer is judged.
"""

from __future__ import annotations

from skillrm.data.task import Remark, Task
from skillrm.data.verinstruct import Outcome, convert
from skillrm.data.writing import Shape, written

__all__ = ["Outcome", "Remark", "Shape", "Task", "convert", "written"]
