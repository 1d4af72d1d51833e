using System.Globalization;
using System.Text;

namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>Draws a chart of lines or bars as SVG. Its colours are legible on a light and on a dark page.</summary>
sealed class SvgChart
{
    const double Width = 420, Height = 300, Left = 56, Right = 16, Top = 36, Bottom = 48;
    const int Ticks = 5;

    readonly StringBuilder _body = new();
    readonly double _maxX;
    readonly double _minY;
    readonly double _maxY;
    readonly bool _namesAreBelow;
    int _lines;

    /// <param name="title">The heading.</param>
    /// <param name="x">The name of the horizontal axis.</param>
    /// <param name="y">The name of the vertical axis.</param>
    /// <param name="maxX">The horizontal axis's end; it starts at 0.</param>
    /// <param name="maxY">The vertical axis's end.</param>
    /// <param name="namesAreBelow">Whether the names are at the bottom, where lines rise, or at the top.</param>
    /// <param name="minY">The vertical axis's beginning, 0 or less; bars have none but 0.</param>
    internal SvgChart(string title, string x, string y, double maxX, double maxY, bool namesAreBelow = false, double minY = 0)
    {
        _namesAreBelow = namesAreBelow;
        (_maxX, _minY, _maxY) = (maxX, minY, maxY > minY ? maxY : minY + 1);
        Add($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" width="{Width}" height="{Height}" """);
        Add($""" font-family="sans-serif" font-size="11" role="img">""");
        Add($"""<title>{Escape(title)}</title><rect width="{Width}" height="{Height}" fill="#ffffff"/>""");
        Add($"""<text x="{Left}" y="20" font-size="13" font-weight="bold">{Escape(title)}</text>""");
        for (var tick = 0; tick <= Ticks; tick++)
        {
            double atX = maxX * tick / Ticks, atY = _minY + ((_maxY - _minY) * tick / Ticks);
            Add($"""<path d="M{X(atX):0.#} {Top}V{Height - Bottom}M{Left} {Y(atY):0.#}H{Width - Right}" stroke="#dddddd"/>""");
            Add($"""<text x="{X(atX):0.#}" y="{Height - Bottom + 16}" text-anchor="middle">{atX:0.##}</text>""");
            Add($"""<text x="{Left - 6}" y="{Y(atY) + 4:0.#}" text-anchor="end">{atY:0.###}</text>""");
        }

        Add($"""<text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle">{Escape(x)}</text>""");
        Add($"""<text transform="translate(14 {(Top + Height - Bottom) / 2}) rotate(-90)" text-anchor="middle">{Escape(y)}</text>""");
    }

    /// <summary>Adds a line through points, with its name.</summary>
    internal SvgChart Line(string name, string colour, IEnumerable<(double X, double Y)> points, bool hasDots = false, bool isDashed = false)
    {
        (double X, double Y)[] all = [.. points.Where(p => double.IsFinite(p.X) && double.IsFinite(p.Y))];
        var path = string.Join('L', all.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.X):0.#} {Y(p.Y):0.#}")));
        if (all.Length > 0)
        {
            var dash = isDashed ? " stroke-dasharray=\"5 4\"" : "";
            Add($"""<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>""");
        }

        foreach (var point in hasDots ? all : [])
        {
            Add($"""<circle cx="{X(point.X):0.#}" cy="{Y(point.Y):0.#}" r="3" fill="{colour}"/>""");
        }

        Name(name, colour);
        return this;
    }

    /// <summary>Adds bars side by side over the whole width, with their name.</summary>
    internal SvgChart Bars(string name, string colour, IReadOnlyList<double> heights)
    {
        var width = (Width - Left - Right) / heights.Count;
        foreach (var (i, height) in heights.Index())
        {
            Add($"""<rect x="{Left + i * width + 1:0.#}" y="{Y(height):0.#}" width="{Math.Max(0.5, width - 2):0.#}" """);
            Add($""" height="{Y(0) - Y(height):0.#}" fill="{colour}" fill-opacity="0.6"/>""");
        }

        Name(name, colour);
        return this;
    }

    /// <summary>Returns the picture.</summary>
    public override string ToString() => $"{_body}</svg>\n";

    void Name(string name, string colour)
    {
        var y = _namesAreBelow ? Height - Bottom - 10 - 15 * _lines : Top + 14 + 15 * _lines;
        Add($"""<text x="{Width - Right - 6}" y="{y}" text-anchor="end" fill="{colour}">{Escape(name)}</text>""");
        _lines++;
    }

    double X(double value) => Left + (Width - Left - Right) * Math.Clamp(value / _maxX, 0, 1);

    double Y(double value) => Height - Bottom - (Height - Top - Bottom) * Math.Clamp((value - _minY) / (_maxY - _minY), 0, 1);

    void Add(FormattableString line) => _body.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);
}
