extension SVG {
  /// Sizes and colours.
  ///
  /// Every text has a contrast of at least 4.5 to what it stands on, in light and in dark.
  static let style = """
    text{font:\(Metrics.smallSize)px monospace;fill:#57606a}
    .heading{font:bold \(Metrics.titleSize)px sans-serif;fill:#1f2328}
    .name{font:bold \(Metrics.nameSize)px monospace;fill:#1f2328}
    .note{fill:#8a4600;font-weight:bold}
    .count{fill:#0550ae}
    .paper{fill:#fff}
    .plain{fill:#f6f8fa;stroke:#afb8c1}
    .trained{fill:#e3f1ff;stroke:#5a9bd8}
    .input{fill:#fff4d9;stroke:#c99a2e}
    .output{fill:#dff5e4;stroke:#4fa866}
    .frame{fill:#fbfcfd;stroke:#afb8c1}
    .behind{fill:#eef1f4}
    .bar{fill:#e8ecf0}
    .line{fill:none;stroke:#768390;stroke-width:1.5;stroke-linecap:round}
    .again{fill:none;stroke:#8a4600;stroke-width:1.5;stroke-dasharray:5 4}
    .tip{fill:#768390}
    .again + .tip{fill:#8a4600}
    @media (prefers-color-scheme: dark){
    text{fill:#a5b0bc}
    .heading,.name{fill:#e9eef3}
    .note{fill:#f0b072}
    .count{fill:#86bdff}
    .paper{fill:#0d1117}
    .plain{fill:#1c232c;stroke:#4a545f}
    .trained{fill:#12294a;stroke:#3c78bf}
    .input{fill:#33270a;stroke:#a37c20}
    .output{fill:#12301c;stroke:#3a8a50}
    .frame{fill:#12171e;stroke:#4a545f}
    .behind{fill:#1a212a}
    .bar{fill:#252d37}
    .line{stroke:#8894a1}
    .again{stroke:#f0b072}
    .tip{fill:#8894a1}
    .again + .tip{fill:#f0b072}
    }
    """
}
