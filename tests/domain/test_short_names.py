import pytest

from server.domain.short_names import short_name


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Ủy ban nhân dân phường Chợ Lớn", "UBND phường Chợ Lớn"),
        ("Trường THPT Bến Nghé", "THPT Bến Nghé"),
        ("Phòng Văn hóa và Thông tin Quận Phú Nhuận", "Phòng VHTT Quận Phú Nhuận"),
        ("Trường Đại học Nam Sài Gòn", "ĐH Nam Sài Gòn"),
        ("Sông Việt Logistics", "Sông Việt Logistics"),
    ],
)
def test_an_organisation_is_shortened_as_the_field_writes_it(name, short):
    assert short_name(name) == short


def test_a_short_name_is_not_shortened_again():
    assert short_name(short_name("Ủy ban nhân dân Quận 5")) == "UBND Quận 5"
