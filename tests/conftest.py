"""What every test shares."""

import os

from hypothesis import settings

# A slow machine is no fault of the code: no example fails for the time it takes.
settings.register_profile("quick", deadline=None, max_examples=12)
settings.register_profile("full", deadline=None, max_examples=250)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
