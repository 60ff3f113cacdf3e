import CImage
import ZooPlugin

/// PNG and JPEG files as pixels of 8 bits: CImage with Swift's errors.
enum ImageFile {
  /// Height and width of the image in a file.
  static func size(_ bytes: UnsafeRawBufferPointer) throws(LayerError) -> (height: Int, width: Int) {
    var info = zoo_image_info()
    try call { words in zoo_image_read_info(bytes.baseAddress, bytes.count, &info, words) }
    return (Int(info.height), Int(info.width))
  }

  /// The pixels of an image of that size, row by row.
  static func decode(_ bytes: UnsafeRawBufferPointer, height: Int, width: Int, channels: Int) throws(LayerError) -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: height * width * channels)
    try call { words in zoo_image_decode(bytes.baseAddress, bytes.count, Int32(channels), &pixels, words) }
    return pixels
  }

  /// The types of file that can be written.
  enum Format: String, CaseIterable, AttributeValue { case png, jpeg }

  /// The file of an image.
  static func encode(
    _ pixels: [UInt8], height: Int, width: Int, channels: Int, as format: Format, quality: Int
  ) throws(LayerError) -> [UInt8] {
    guard let height = Int32(exactly: height), let width = Int32(exactly: width) else {
      throw .data("an image of \(width)x\(height) pixels is too large to be written")
    }
    var buffer = zoo_image_buffer()
    defer { zoo_image_release(&buffer) }
    try call { words in
      switch format {
      case .png: zoo_image_encode_png(pixels, width, height, Int32(channels), &buffer, words)
      case .jpeg: zoo_image_encode_jpeg(pixels, width, height, Int32(channels), Int32(quality), &buffer, words)
      }
    }
    return Array(UnsafeBufferPointer(start: buffer.bytes, count: buffer.count))
  }

  private static func call(_ body: (UnsafeMutablePointer<CChar>?) -> Int32) throws(LayerError) {
    var words = [CChar](repeating: 0, count: Int(ZOO_IMAGE_WORDS))
    if words.withUnsafeMutableBufferPointer({ body($0.baseAddress) }) != 0 {
      throw .data(String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
  }
}
