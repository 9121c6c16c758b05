"""Personal information as lists and public pages show it: only as much as tells people apart."""


def mask_identity_number(number: str) -> str:
    """Keep the first three and the last four characters."""
    return _mask(number, 3, 4)


def mask_mobile(number: str) -> str:
    """Keep the first three and the last four digits: 160****0000."""
    return _mask(number, 3, 4)


def mask_name(name: str) -> str:
    """Keep the first character and, from three on, the last: 张*, 张*三, 欧**明."""
    return _mask(name, 1, 1 if len(name) > 2 else 0)


def _mask(text: str, first: int, last: int) -> str:
    hidden = len(text) - first - last
    if hidden <= 0:
        return "*" * len(text)
    return text[:first] + "*" * hidden + text[len(text) - last :]
