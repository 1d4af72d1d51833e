namespace CartRecovery.Engine.Messages;

/// <summary>What a text is rendered for: how values are escaped in it, and how long it may get.</summary>
public enum MessageFormat
{
    /// <summary>Plain text: an SMS, a push notification, the text part of an e-mail. Values appear as they are.</summary>
    Text,

    /// <summary>One line: a subject or a heading. Line breaks and control characters become spaces.</summary>
    Line,

    /// <summary>HTML. Every value is escaped, for text and for quoted attributes.</summary>
    Html,
}

/// <summary>Bounds of templates and of what they render to, in characters. A template that exceeds one renders to nothing at all.</summary>
public static class MessageLimits
{
    /// <summary>The longest template.</summary>
    public const int Template = 128 * 1024;

    /// <summary>The deepest nesting of blocks, and of square brackets in a tag.</summary>
    public const int Depth = 32;

    /// <summary>The most statements that one rendering runs, counting every turn of a loop.</summary>
    public const int Steps = 10_000;

    /// <summary>The longest value that a filter or a capture may produce.</summary>
    public const int Value = 64 * 1024;

    /// <summary>The most entries of a list that a filter may produce, and the furthest that a range may reach.</summary>
    public const int Entries = 10_000;

    /// <summary>The longest text of a format. RFC 5322 limits a header line to 998 characters.</summary>
    public static int OutputOf(MessageFormat format) => format switch
    {
        MessageFormat.Line => 998,
        MessageFormat.Html => 512 * 1024,
        _ => 32 * 1024,
    };
}

/// <summary>A text could not be rendered. The message says why, in words that fit behind "the template".</summary>
public sealed class MessageRenderingException(string message) : Exception(message);
