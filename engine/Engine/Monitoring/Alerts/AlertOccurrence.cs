using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>An alert from its firing to its resolution. Immutable. Times are milliseconds since the Unix epoch.</summary>
public sealed record AlertOccurrence
{
    /// <summary>The place in the history, from 1.</summary>
    public long Number { get; init; }

    /// <summary>Identifies the occurrence: a UUID made of the labels and the start.</summary>
    public required string Id { get; init; }

    /// <summary>The labels.</summary>
    public required SeriesLabels Labels { get; init; }

    /// <summary>The texts.</summary>
    public required SeriesLabels Annotations { get; init; }

    /// <summary>The rule: its group's file and name, and its name; empty for an alert of another program.</summary>
    public string Rule { get; init; } = "";

    /// <summary>The page of the expression.</summary>
    public string GeneratorUrl { get; init; } = "";

    /// <summary>The latest value; NaN if it is not known.</summary>
    public double Value { get; init; } = double.NaN;

    /// <summary>When it fired.</summary>
    public required long StartedAt { get; init; }

    /// <summary>When it counts as resolved without a further message.</summary>
    public long EndsAt { get; init; }

    /// <summary>When it was resolved; null while it fires.</summary>
    public long? ResolvedAt { get; init; }

    /// <summary>When somebody acknowledged it.</summary>
    public long? AcknowledgedAt { get; init; }

    /// <summary>Who acknowledged it.</summary>
    public string? AcknowledgedBy { get; init; }

    /// <summary>Who resolved it; null if its rule did.</summary>
    public string? ResolvedBy { get; init; }

    /// <summary>The note to its resolution.</summary>
    public string? Note { get; init; }

    /// <summary>The name of the alert.</summary>
    public string Name => Labels["alertname"];

    /// <summary>Computes the id of the alert with these labels that fired then.</summary>
    public static string IdOf(SeriesLabels labels, long startedAt)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"{LabelText.Write(labels)}\n{startedAt}")).AsSpan(0, 16);

        // RFC 9562, version 8: the content is up to us.
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
