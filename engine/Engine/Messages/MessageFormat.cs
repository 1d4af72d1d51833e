namespace CartRecovery.Engine.Messages;

/// <summary>The target of a rendering, which determines escaping and maximum length.</summary>
public enum MessageFormat
{
    /// <summary>Plain text: an SMS, a push notification, the text part of an e-mail. Values are not escaped.</summary>
    Text,

    /// <summary>One line: a subject or a heading. Line breaks and control characters become spaces.</summary>
    Line,

    /// <summary>HTML. Every value is escaped, for text and for quoted attributes.</summary>
    Html,
}

/// <summary>Limits of templates and renderings, in characters. A template that exceeds one renders to nothing.</summary>
public static class MessageLimits
{
    /// <summary>The maximum length of a template.</summary>
    public const int Template = 128 * 1024;

    /// <summary>The maximum nesting of blocks, and of square brackets in a tag.</summary>
    public const int Depth = 32;

    /// <summary>The maximum number of statements per rendering, counting every loop iteration.</summary>
    public const int Steps = 10_000;

    /// <summary>The maximum work per rendering; see <see cref="WorkBudget"/>.</summary>
    public const int Work = 500_000;

    /// <summary>The maximum length of a value produced by a filter or a capture.</summary>
    public const int Value = 64 * 1024;

    /// <summary>The maximum number of entries of a list produced by a filter, and of a range.</summary>
    public const int Entries = 10_000;

    /// <summary>The maximum length of a rendered text in a format. RFC 5322 limits a header line to 998 characters.</summary>
    public static int OutputOf(MessageFormat format) => format switch
    {
        MessageFormat.Line => 998,
        MessageFormat.Html => 512 * 1024,
        _ => 32 * 1024,
    };
}

/// <summary>A template could not be rendered. The message is a predicate of "the template".</summary>
public sealed class MessageRenderingException(string message) : Exception(message);
