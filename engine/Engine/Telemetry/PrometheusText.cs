using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace CartRecovery.Engine.Telemetry;

/// <summary>Lines of Prometheus' text exposition format 0.0.4, written as UTF-8.</summary>
/// <param name="output">Where they go.</param>
readonly struct PrometheusText(IBufferWriter<byte> output)
{
    /// <summary>Begins a metric: its HELP and TYPE lines.</summary>
    /// <param name="name">The whole name.</param>
    /// <param name="help">One sentence; without it there is no HELP line.</param>
    /// <param name="type">counter, gauge or histogram.</param>
    public void Header(string name, string? help, string type)
    {
        if (!string.IsNullOrEmpty(help))
        {
            Raw("# HELP ");
            Raw(name);
            Raw(" ");
            Raw(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal));
            Raw("\n");
        }

        Raw("# TYPE ");
        Raw(name);
        Raw(" ");
        Raw(type);
        Raw("\n");
    }

    /// <summary>One value of a metric.</summary>
    /// <param name="name">The metric's name, with the ending of this series (<c>_bucket</c>, …).</param>
    /// <param name="labels">As <see cref="Label"/> writes them, joined by commas; empty for none.</param>
    /// <param name="value">Any number, also NaN and the infinities.</param>
    public void Sample(string name, string labels, double value)
    {
        Raw(name);
        if (labels.Length > 0)
        {
            Raw("{");
            Raw(labels);
            Raw("}");
        }

        Raw(" ");
        Number(value);
        Raw("\n");
    }

    /// <summary>A metric that is one value.</summary>
    public void Single(string name, string help, string type, double value)
    {
        Header(name, help, type);
        Sample(name, "", value);
    }

    /// <summary>A label and its value, escaped.</summary>
    public static string Label(string key, string? value) =>
        $"{key}=\"{(value ?? "")
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal)}\"";

    void Number(double value)
    {
        if (double.IsNaN(value))
        {
            Raw("NaN");
        }
        else if (double.IsInfinity(value))
        {
            Raw(value > 0 ? "+Inf" : "-Inf");
        }
        else
        {
            Utf8Formatter.TryFormat(value, output.GetSpan(32), out var written);
            output.Advance(written);
        }
    }

    void Raw(string text) => Encoding.UTF8.GetBytes(text, output);
}
