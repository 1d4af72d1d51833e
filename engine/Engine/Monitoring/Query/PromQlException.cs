namespace CartRecovery.Engine.Monitoring.Query;

/// <summary>Why a query failed; the names are those of Prometheus' API.</summary>
public enum PromQlError
{
    /// <summary>The text is no valid query.</summary>
    BadData,

    /// <summary>The query could not be evaluated on this data, or exceeded a bound.</summary>
    Execution,

    /// <summary>The query took longer than allowed.</summary>
    Timeout,

    /// <summary>The caller gave up.</summary>
    Canceled,
}

/// <summary>A query that is invalid or cannot be evaluated.</summary>
public sealed class PromQlException : Exception
{
    /// <summary>Creates an error without a position.</summary>
    public PromQlException(PromQlError error, string message)
        : base(message)
    {
        Error = error;
        Reason = message;
    }

    /// <summary>Creates an error at a position of the query.</summary>
    /// <param name="text">The query.</param>
    /// <param name="position">The offset in it, in characters.</param>
    /// <param name="reason">What is wrong.</param>
    public PromQlException(string text, int position, string reason)
        : base($"{LineOf(text, position)}:{ColumnOf(text, position)}: parse error: {reason}")
    {
        Error = PromQlError.BadData;
        Reason = reason;
        Line = LineOf(text, position);
        Column = ColumnOf(text, position);
        Position = position;
    }

    /// <summary>The kind of the error.</summary>
    public PromQlError Error { get; }

    /// <summary>The message without its position.</summary>
    public string Reason { get; }

    /// <summary>The line, from 1; 0 without a position.</summary>
    public int Line { get; }

    /// <summary>The column in characters, from 1; 0 without a position.</summary>
    public int Column { get; }

    /// <summary>The offset in the query, in characters.</summary>
    public int Position { get; }

    static int LineOf(string text, int position) => 1 + text.AsSpan(0, Math.Min(position, text.Length)).Count('\n');

    static int ColumnOf(string text, int position)
    {
        var end = Math.Min(position, text.Length);
        return end - text.AsSpan(0, end).LastIndexOf('\n');
    }
}
