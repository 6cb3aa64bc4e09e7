"""Every Python that is started with this folder on its path finds the stand-ins: workers of any kind too."""

from tests.docs.stand_ins import install_where_asked

install_where_asked()
