import Testing
import ZooCommand

/// Tables, numbers and progress as people read them.
@Suite struct TerminalTests {
  @Test func columnsAreAsWideAsTheirWidestCell() {
    var table = Table([.words("NAME"), .numbers("SIZE"), .words("WHAT")])
    table.add(["a", "5", "short"])
    table.add(["longer", "12345", ""])
    #expect(
      table.lines(for: Terminal()) == [
        "NAME     SIZE  WHAT",
        "a           5  short",
        "longer  12345",
      ])
  }

  @Test func theLastColumnIsWrappedBetweenWordsUnderItsTitle() {
    var table = Table([.words("NAME"), .words("WHAT")])
    table.add(["a", "one two three four five six seven eight nine ten"])
    #expect(
      table.lines(for: Terminal(width: 40)) == [
        "NAME  WHAT",
        "a     one two three four five six seven",
        "      eight nine ten",
      ])
  }

  @Test func columnsToSpareGoWhereThereIsNoRoom() {
    var table = Table([.words("NAME"), .numbers("STEPS", spare: 2), .words("NUMBERS"), .words("STARTED", spare: 1)])
    table.add([String(repeating: "n", count: 20), "12345", "one\ntwo", "yesterday"])
    let name = String(repeating: "n", count: 20), gap = String(repeating: " ", count: 16)
    #expect(
      table.lines(for: Terminal(width: 47)) == [
        "NAME\(gap)  STEPS  NUMBERS  STARTED", "\(name)  12345  one      yesterday", "\(gap)             two",
      ])
    #expect(
      table.lines(for: Terminal(width: 46)) == [
        "NAME\(gap)  NUMBERS  STARTED", "\(name)  one      yesterday", "\(gap)      two",
      ])
    #expect(table.lines(for: Terminal(width: 40 - 1)) == ["NAME\(gap)  NUMBERS", "\(name)  one", "\(gap)      two"])
  }

  @Test func numbersInTheLastColumnAreNotWrapped() {
    var table = Table([.words("NAME"), .numbers("COUNT")])
    table.add(["a", "1"])
    #expect(table.lines(for: Terminal()) == ["NAME  COUNT", "a         1"])
  }

  @Test func aTableWithoutTitlesHasNoHeading() {
    var table = Table([.words(""), .words("")])
    table.add(["median", "1 ms"])
    #expect(table.lines(for: Terminal(hasColor: true)) == ["median  1 ms"])
  }

  @Test func headingsAreBoldWhereThereIsColour() {
    var table = Table([.words("NAME")])
    table.add(["a"])
    #expect(table.lines(for: Terminal(hasColor: true)) == ["\u{1B}[1mNAME\u{1B}[0m", "a"])
  }

  @Test func wordsLongerThanALineHaveOneOfTheirOwn() {
    #expect(wrapped("a verylongword b", width: 6) == ["a", "verylongword", "b"])
    #expect(wrapped("one\ntwo three", width: 80) == ["one", "two three"])
    #expect(wrapped("", width: 10) == [""])
  }

  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (61706, "61,706"), (1_234_567, "1,234,567"), (-1000, "-1,000")])
  func countsAreInGroupsOfThree(value: Int, text: String) {
    #expect(Quantity.count(value) == text)
  }

  @Test(arguments: [
    (0.0, "0"), (0.0312, "0.0312"), (0.5, "0.500"), (0.9999, "1.00"), (4.561, "4.56"), (9.999, "10.0"), (31.24, "31.2"), (99.96, "100"),
    (312.4, "312"), (12345.6, "12,346"),
  ])
  func threeDigitsMatter(value: Double, text: String) {
    #expect(Quantity.digits(value) == text)
  }

  @Test(arguments: [
    (0, "0 bytes"), (1023, "1,023 bytes"), (1024, "1.00 KiB"), (246_824, "241 KiB"), (1_048_576, "1.00 MiB"), (1_610_612_736, "1.50 GiB"),
  ])
  func sizesAreInPowersOf1024(value: Int, text: String) {
    #expect(Quantity.bytes(value) == text)
  }

  @Test(arguments: [(0.0000312, "31.2 µs"), (0.00456, "4.56 ms"), (1.2, "1.20 s"), (.infinity, "?")])
  func timesAreInTheUnitThatFits(seconds: Double, text: String) {
    #expect(Quantity.time(seconds) == text)
  }

  @Test(arguments: [(0.2, "1 s"), (59.0, "59 s"), (59.5, "1 min 00 s"), (65.0, "1 min 05 s"), (7380.0, "2 h 03 min"), (.infinity, "?")])
  func waitingIsInWholeSeconds(seconds: Double, text: String) {
    #expect(Quantity.wait(seconds) == text)
  }

  @Test func operationsAreInPowersOf1000() {
    #expect(Quantity.operations(12) == "12 FLOP")
    #expect(Quantity.operations(846_000) == "846 kFLOP")
    #expect(Quantity.operations(4.1e9) == "4.10 GFLOP")
  }

  @Test func progressIsDrawnOverAtMostTenTimesASecond() {
    var line = ProgressLine(Terminal(isTerminal: true, width: 40))
    #expect(line.drawing("first", now: 1) == "\rfirst\u{1B}[K")
    #expect(line.drawing("too soon", now: 1.05) == nil)
    #expect(line.drawing("later", now: 1.1) == "\rlater\u{1B}[K")
    #expect(line.drawing(String(repeating: "x", count: 99), now: 2) == "\r\(String(repeating: "x", count: 39))\u{1B}[K")
  }

  @Test func waitingForDataIsSaidOnceIfItTakesMoreThanATwentieth() {
    var notice = WaitNotice(epochs: 5)
    // The first epoch decodes what stays decoded; a moment is not worth a word; 0.2 of 4 s are exactly a twentieth.
    #expect(notice.words(epoch: 1, seconds: 4, waited: 3) == nil)
    #expect(notice.words(epoch: 2, seconds: 0.4, waited: 0.3) == nil)
    #expect(notice.words(epoch: 3, seconds: 4, waited: 0.2) == nil)
    let words = "Epoch 4 waited for its data for 500 ms of 4.00 s: reading is slower than computing."
    #expect(notice.words(epoch: 4, seconds: 4, waited: 0.5) == words)
    #expect(notice.words(epoch: 5, seconds: 4, waited: 3) == nil)
    var single = WaitNotice(epochs: 1)
    #expect(single.words(epoch: 1, seconds: 4, waited: 0.5) == words.replacing("Epoch 4", with: "Epoch 1"))
  }

  @Test func progressIsSilentInAPipe() {
    var line = ProgressLine(Terminal(isTerminal: false))
    #expect(line.drawing("first", now: 1) == nil)
  }
}

/// A bar that shows how far something has come.
@Suite struct ProgressBarTests {
  private func line(_ share: Double, _ details: [String], width: Int = 79) -> String {
    ProgressBar.line("epoch 3/20", share: share, details: details, needed: ["9 s left"], width: width)
  }

  @Test func theBarTakesWhatWordsLeave() {
    #expect(line(0.5, ["loss 0.1234"]) == "epoch 3/20 [##############..............]  loss 0.1234  9 s left")
    #expect(line(0.999, ["loss 0.1234"], width: 46) == "epoch 3/20 [#########.]  loss 0.1234  9 s left")
    #expect(line(1, ["loss 0.1234"], width: 46) == "epoch 3/20 [##########]  loss 0.1234  9 s left")
    #expect(line(.nan, [], width: 46) == "epoch 3/20 [.......................]  9 s left")
  }

  @Test func detailsThatDoNotFitAreLeftOut() {
    let details = (1...9).map { "metric_\($0) 0.1234" }
    #expect(line(0, details) == "epoch 3/20 [......................]  metric_1 0.1234  metric_2 0.1234  9 s left")
    #expect(line(0, details, width: 24) == "epoch 3/20  9 s left")
    #expect(line(0, details, width: 12) == "epoch 3/20  ")
    for width in 10...120 { #expect(line(0.3, details, width: width).count <= width) }
  }
}
