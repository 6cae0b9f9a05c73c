"""What every test shares."""

from hypothesis import settings

# A slow machine is no fault of the code: no example fails for the time it takes.
settings.register_profile("ivigmyo", deadline=None)
settings.load_profile("ivigmyo")
