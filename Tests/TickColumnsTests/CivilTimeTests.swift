import Testing
import TickColumns

@Suite struct CivilTimeTests {
  @Test("days and dates are inverse over eight centuries, one day after another")
  func walk() {
    var date = CivilDate(year: 1600, month: 1, day: 1)
    var day = date.daysSinceEpoch
    #expect(day == -135_140)
    while date.year < 2400 {
      #expect(CivilDate(daysSinceEpoch: day) == date && date.daysSinceEpoch == day && date.isValid)
      day += 1
      if date.day < CivilDate.daysInMonth(date.month, year: date.year) {
        date = CivilDate(year: date.year, month: date.month, day: date.day + 1)
      } else if date.month < 12 {
        date = CivilDate(year: date.year, month: date.month + 1, day: 1)
      } else {
        date = CivilDate(year: date.year + 1, month: 1, day: 1)
      }
    }
  }

  @Test(
    "known days",
    arguments: [(0, 1970, 1, 1), (19_943, 2024, 8, 8), (11_016, 2000, 2, 29), (-1, 1969, 12, 31)])
  func known(day: Int, year: Int, month: Int, dayOfMonth: Int) {
    #expect(CivilDate(daysSinceEpoch: day) == CivilDate(year: year, month: month, day: dayOfMonth))
  }

  @Test("days that do not exist are not valid")
  func invalid() {
    #expect(!CivilDate(year: 2023, month: 2, day: 29).isValid)
    #expect(!CivilDate(year: 1900, month: 2, day: 29).isValid)
    #expect(!CivilDate(year: 2024, month: 13, day: 1).isValid)
    #expect(!CivilDate(year: 2024, month: 4, day: 31).isValid)
    #expect(CivilDate(year: 2024, month: 2, day: 29).isValid)
  }
}
