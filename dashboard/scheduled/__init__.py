"""Reports and alerts that go out by themselves, by e-mail or to a webhook."""
