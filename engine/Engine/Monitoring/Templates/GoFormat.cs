using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>Formats like Go's <c>printf</c>: the verbs <c>%s %v %d %f %e %g %q %t %x %%</c> with flags, width and precision.</summary>
static partial class GoFormat
{
    const int MaxWidth = 1000;

    /// <summary>Formats the arguments. A wrong or missing argument is written as Go writes it, for example <c>%!d(string=a)</c>.</summary>
    public static string Format(string format, IReadOnlyList<object?> arguments)
    {
        var output = new StringBuilder();
        var (at, next) = (0, 0);
        foreach (Match verb in Verb().Matches(format))
        {
            output.Append(format, at, verb.Index - at);
            at = verb.Index + verb.Length;
            var letter = verb.Groups["verb"].Value;
            output.Append(letter == "%" ? "%" : next < arguments.Count ? One(verb, letter, arguments[next++]) : $"%!{letter}(MISSING)");
        }

        output.Append(format, at, format.Length - at);
        return next < arguments.Count ? output.Append("%!(EXTRA ").AppendJoin(", ", arguments.Skip(next).Select(Describe)).Append(')').ToString() : output.ToString();
    }

    static string One(Match verb, string letter, object? value)
    {
        int? precision = verb.Groups["precision"] is { Success: true } found ? Bounded(found.Value) : null;
        var text = (letter, value) switch
        {
            ("v" or "s", string content) => precision is { } length && length < content.Length ? content[..length] : content,
            ("v", _) => TemplateFunctions.Print(value),
            ("s", List<TemplateSample> or TemplateSample) => TemplateFunctions.Print(value),
            ("q", string content) => $"\"{content.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"",
            ("t", bool truth) => truth ? "true" : "false",
            ("d", long number) => number.ToString(CultureInfo.InvariantCulture),
            ("x", long number) => number.ToString("x", CultureInfo.InvariantCulture),
            ("f", double number) => double.IsFinite(number) ? number.ToString($"F{precision ?? 6}", CultureInfo.InvariantCulture) : GoNumber.Shortest(number),
            ("e", double number) => precision is null && double.IsFinite(number) ? number.ToString("0.000000e+00", CultureInfo.InvariantCulture)
                : double.IsFinite(number) ? number.ToString($"0.{new string('0', precision ?? 6)}e+00", CultureInfo.InvariantCulture) : GoNumber.Shortest(number),
            ("g", double number) => precision is { } digits ? GoNumber.Significant(number, Math.Min(digits, 17)) : GoNumber.Shortest(number),
            _ => $"%!{letter}({Describe(value)})",
        };
        var flags = verb.Groups["flags"].Value;
        text = flags.Contains('+', StringComparison.Ordinal) && value is double or long && text[0] is not ('-' or '+' or '%') ? "+" + text : text;
        var width = verb.Groups["width"] is { Length: > 0 } wide ? Bounded(wide.Value) : 0;
        return flags.Contains('-', StringComparison.Ordinal) ? text.PadRight(width)
            : flags.Contains('0', StringComparison.Ordinal) && value is double or long
                ? (text[0] is '-' or '+' ? text[..1] + text[1..].PadLeft(Math.Max(0, width - 1), '0') : text.PadLeft(width, '0'))
            : text.PadLeft(width);
    }

    static int Bounded(string number) => number.Length == 0 ? 0 : number.Length > 4 ? MaxWidth : Math.Min(MaxWidth, int.Parse(number, CultureInfo.InvariantCulture));

    static string Describe(object? value) =>
        $"{value switch { string => "string", double => "float64", long => "int", bool => "bool", null => "<nil>", _ => "value" }}={TemplateFunctions.Print(value)}";

    [GeneratedRegex(@"%(?<flags>[-+ 0#]*)(?<width>\d*)(\.(?<precision>\d*))?(?<verb>[a-zA-Z%])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Verb();
}
