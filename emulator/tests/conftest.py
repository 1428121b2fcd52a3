"""How the emulator's property tests draw their cases."""

from hypothesis import HealthCheck, settings

# Drawn cases are the same in every run and have as long as they need, so that no run fails by chance or beside other work.
# `--hypothesis-profile fresh` draws others; a case that it finds is written into its test.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("fresh", settings.get_profile("steady"), derandomize=False, max_examples=1_000)
settings.load_profile("steady")
