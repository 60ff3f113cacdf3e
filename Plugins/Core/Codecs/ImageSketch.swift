/// A picture made of characters, denser ones for what is brighter.
enum ImageSketch {
  private static let shades = Array(" .:-=+*#%@".utf8)
  /// What fits most terminals.
  private static let (maximumWidth, maximumHeight) = (72, 48)

  /// The lines that show pixels [height, width, channels].
  ///
  /// A character is twice as high as it is wide. Colours count by how bright they look (ITU-R BT.601), and alpha does not.
  static func lines(_ pixels: [UInt8], height: Int, width: Int, channels: Int) -> [UInt8] {
    let brightness = channels == 1 ? pixels.map { Float($0) } : grey(pixels, channels: channels)
    let scale = min(1, Double(maximumWidth) / Double(2 * width), Double(maximumHeight) / Double(height))
    let columns = max(1, Int(scale * Double(2 * width)))
    let rows = max(1, Int(scale * Double(height)))
    let whole = ImagePlacement(.stretch, from: (height, width), to: (rows, columns))
    let sketch = resample(brightness, (height, width), channels: 1, .bilinear, whole)
    var text: [UInt8] = []
    for row in 0..<rows {
      let line = sketch[row * columns..<(row + 1) * columns].map { value in
        shades[min(max(Int(value / 256 * Float(shades.count)), 0), shades.count - 1)]
      }
      text += line[..<((line.lastIndex { $0 != UInt8(ascii: " ") } ?? -1) + 1)] + [UInt8(ascii: "\n")]
    }
    return text
  }

  private static func grey(_ pixels: [UInt8], channels: Int) -> [Float] {
    stride(from: 0, to: pixels.count, by: channels).map { i in
      0.299 * Float(pixels[i]) + 0.587 * Float(pixels[i + 1]) + 0.114 * Float(pixels[i + 2])
    }
  }
}
