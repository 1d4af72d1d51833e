using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>Writes numbers that are ids, so that each number is one id: programs send 1001, 1001.0 and 1.001e3 for the same one.</summary>
static class NumberText
{
    // A longer number is no database's key.
    const int MaxDigits = 29;

    /// <summary>Returns the text of a number: without an exponent, and without zeros after its decimal point.</summary>
    /// <param name="json">The number, as JSON writes it.</param>
    public static string Of(ReadOnlySpan<byte> json)
    {
        var text = Encoding.UTF8.GetString(json);
        if (!json.ContainsAny(".eE"u8))
        {
            return text;
        }

        if (Utf8Parser.TryParse(json, out decimal number, out var length) && length == json.Length)
        {
            return number.ToString($"0.{new string('#', MaxDigits)}", CultureInfo.InvariantCulture);
        }

        return text;
    }
}
