from servers import Server

from lifecircle.gateway.tour import take_tour


def test_the_guided_tour_succeeds_against_a_running_server(server: Server) -> None:
    shown: list[str] = []
    assert take_tour(server.url, shown.append), "\n".join(shown)


def test_a_tour_of_a_server_that_is_not_there_fails() -> None:
    assert not take_tour("http://127.0.0.1:9", lambda _: None)
