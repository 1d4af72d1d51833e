using CartRecovery.Primitives;

namespace CartRecovery.Engine.Telemetry;

/// <summary>Masks addresses and telephone numbers in log records. Any thread.</summary>
public static class LogMasking
{
    static volatile Func<string, string> s_nationalNumbers = static text => text;

    /// <summary>Sets what masks the national numbers of a text.</summary>
    public static void MaskNationalNumbers(Func<string, string> mask) => s_nationalNumbers = mask;

    /// <summary>Masks a text that a record has a place for, or that of an exception.</summary>
    public static string Text(string text) => s_nationalNumbers(AddressText.Mask(text));

    /// <summary>
    /// Masks a record's message. National numbers are masked in the texts within it alone: a position or a size may look like one.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="values">What it has places for.</param>
    public static string Message(string message, IEnumerable<object?> values)
    {
        foreach (var value in values)
        {
            if (value is not null and not IFormattable and not bool && value.ToString() is { Length: > 0 } text
                && Text(text) is var masked && masked != text)
            {
                message = message.Replace(text, masked, StringComparison.Ordinal);
            }
        }

        return AddressText.Mask(message);
    }
}
