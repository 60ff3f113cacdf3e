import Glibc
package import ZooFormats

/// Writes what TensorBoard shows: a file of records, each an `Event` in the wire format of protocol buffers.
///
/// A record is its length (8 bytes, little-endian), the masked checksum of that (4), the event, and the masked checksum of the event (4).
/// Reference: tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
package final class EventFile {
  /// What files of this kind are called: TensorBoard looks for `tfevents`.
  package static let prefix = "events.out.tfevents."

  private let file: AppendedFile
  private let time: () -> Double

  /// The file in `folder`, without what comes after the first `step` steps; a new one if there is none.
  ///
  /// `time` says what time it is, in seconds since 1970.
  package init(in folder: String, through step: Int = .max, time: @escaping () -> Double = wallTime) throws(FileError) {
    self.time = time
    // A file of which nothing is kept gets its beginning again.
    if let name = filesIn(folder).filter({ $0.hasPrefix(Self.prefix) }).max() {
      let path = folder + "/" + name
      let bytes = try MappedFile(path).contents
      let kept = EventRecords(bytes[...]).length { $0.step <= step }
      file = try AppendedFile(path)
      try file.shorten(to: kept)
      if kept > 0 { return }
    } else {
      var host = [CChar](repeating: 0, count: 256)
      gethostname(&host, 255)
      let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      file = try AppendedFile("\(folder)/\(Self.prefix)\(Int(time())).\(name.isEmpty ? "localhost" : name).\(getpid()).0")
    }
    var event = ProtobufMessage()
    event.add(1, double: time())
    event.add(3, text: "brain.Event:2")
    try append(event)
  }

  /// Appends numbers, each under its tag, at a step.
  package func scalars(_ numbers: [(tag: String, value: Double)], step: Int) throws(FileError) {
    var summary = ProtobufMessage()
    for (tag, number) in numbers {
      var value = ProtobufMessage()
      value.add(1, text: tag)
      value.add(2, float: Float(number))
      summary.add(1, message: value)
    }
    if !numbers.isEmpty { try append(summary, step: step) }
  }

  /// Appends a picture that is a PNG file.
  package func image(_ tag: String, png: [UInt8], step: Int) throws(FileError) {
    // Width and height stand in the first chunk, after the signature and the chunk's length and type.
    func number(at offset: Int) -> Int64 {
      png.count < offset + 4 ? 0 : png[offset..<offset + 4].reduce(0) { $0 << 8 | Int64($1) }
    }
    var image = ProtobufMessage()
    image.add(1, integer: number(at: 20))
    image.add(2, integer: number(at: 16))
    image.add(3, integer: 3)
    image.add(4, bytes: png)
    var value = ProtobufMessage()
    value.add(1, text: tag)
    value.add(4, message: image)
    var summary = ProtobufMessage()
    summary.add(1, message: value)
    try append(summary, step: step)
  }

  /// Appends text, which TensorBoard reads as Markdown.
  package func text(_ tag: String, _ text: String, step: Int = 0) throws(FileError) {
    var plugin = ProtobufMessage()
    plugin.add(1, text: "text")
    var metadata = ProtobufMessage()
    metadata.add(1, message: plugin)
    var dimension = ProtobufMessage()
    dimension.add(1, integer: 1)
    var shape = ProtobufMessage()
    shape.add(2, message: dimension)
    var tensor = ProtobufMessage()
    tensor.add(1, integer: 7)  // DT_STRING
    tensor.add(2, message: shape)
    tensor.add(8, text: text)
    var value = ProtobufMessage()
    value.add(1, text: tag)
    value.add(8, message: tensor)
    value.add(9, message: metadata)
    var summary = ProtobufMessage()
    summary.add(1, message: value)
    try append(summary, step: step)
  }

  private func append(_ summary: ProtobufMessage, step: Int) throws(FileError) {
    var event = ProtobufMessage()
    event.add(1, double: time())
    // As everywhere in such messages, what is 0 is left out.
    if step != 0 { event.add(2, integer: Int64(step)) }
    event.add(5, message: summary)
    try append(event)
  }

  private func append(_ event: ProtobufMessage) throws(FileError) {
    let bytes = event.bytes
    let length = withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) }
    var record = length
    record.reserveCapacity(bytes.count + 16)
    withUnsafeBytes(of: CRC32C.masked(length).littleEndian) { record.append(contentsOf: $0) }
    record += bytes
    withUnsafeBytes(of: CRC32C.masked(bytes).littleEndian) { record.append(contentsOf: $0) }
    try file.append(record)
  }
}

/// The events in the bytes of a file, as far as it is whole.
package struct EventRecords: Sequence, IteratorProtocol {
  /// One event.
  package struct Event {
    /// When it was written, in seconds since 1970.
    package let time: Double
    /// The step that it belongs to.
    package let step: Int
    /// All of its fields.
    package let fields: ProtobufFields
  }

  private var rest: ArraySlice<UInt8>

  /// The events in `bytes`.
  package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next event; nil: there is none, or what comes is damaged.
  package mutating func next() -> Event? {
    let length = integer(0, 8)
    guard rest.count >= 16, length <= UInt64(rest.count - 16), integer(8, 4) == UInt64(CRC32C.masked(rest.prefix(8))) else { return nil }
    let body = rest.dropFirst(12).prefix(Int(length))
    guard integer(12 + Int(length), 4) == UInt64(CRC32C.masked(body)), let fields = ProtobufFields(body) else { return nil }
    rest = rest.dropFirst(16 + Int(length))
    var (time, step) = (0.0, 0)
    if case .fixed64(let bits) = fields[1] { time = Double(bitPattern: bits) }
    if case .integer(let number) = fields[2] { step = Int(truncatingIfNeeded: number) }
    return Event(time: time, step: step, fields: fields)
  }

  /// How many bytes the events at the beginning take that are `wanted`.
  package func length(while wanted: (Event) -> Bool) -> Int {
    var copy = self
    var length = 0
    while let event = copy.next(), wanted(event) { length = rest.count - copy.rest.count }
    return length
  }

  private func integer(_ offset: Int, _ size: Int) -> UInt64 {
    guard rest.count >= offset + size else { return 0 }
    return rest.dropFirst(offset).prefix(size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// Seconds since 1970.
package func wallTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The names of what is in a folder, sorted; none if it cannot be read.
package func filesIn(_ folder: String) -> [String] {
  guard let stream = opendir(folder) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}
