using System.Diagnostics;

namespace CartRecovery.Host.Composition.Telemetry;

/// <summary>
/// Reads the trace of requests as W3C Trace Context says: what a later version adds to <c>traceparent</c> is left out, and a request with an invalid one begins a
/// trace of its own. .NET takes such texts for ids of another form, which have no trace id.
/// </summary>
sealed class TraceContext : DistributedContextPropagator
{
    const string Parent = "traceparent";

    // VV-TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT-SSSSSSSSSSSSSSSS-FF
    const int Length = 55, Trace = 3, Span = 36, Flags = 53;

    readonly DistributedContextPropagator _inner = CreateW3CPropagator();

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Fields => _inner.Fields;

    /// <inheritdoc/>
    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) =>
        _inner.Inject(activity, carrier, setter);

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) =>
        _inner.ExtractBaggage(carrier, getter);

    /// <inheritdoc/>
    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState)
    {
        (traceId, traceState) = (null, null);
        if (getter is null)
        {
            return;
        }

        getter(carrier, Parent, out var sent, out _);
        if (Parse(sent) is not { } parent)
        {
            return;
        }

        if (ReferenceEquals(parent, sent))
        {
            _inner.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);
            return;
        }

        _inner.ExtractTraceIdAndState(carrier, Get, out traceId, out traceState);

        void Get(object? from, string field, out string? value, out IEnumerable<string>? values)
        {
            (value, values) = (parent, null);
            if (field != Parent)
            {
                getter(from, field, out value, out values);
            }
        }
    }

    /// <summary>Brings a <c>traceparent</c> to version 00.</summary>
    /// <returns>The same text if it is of version 00; <see langword="null"/> if it is invalid.</returns>
    internal static string? Parse(string? text)
    {
        if (text is not { Length: >= Length } || text[2] != '-' || text[Span - 1] != '-' || text[Flags - 1] != '-'
            || !IsHex(text.AsSpan(0, 2)) || text.StartsWith("ff", StringComparison.Ordinal)
            || !IsId(text.AsSpan(Trace, 32)) || !IsId(text.AsSpan(Span, 16)) || !IsHex(text.AsSpan(Flags, 2)))
        {
            return null;
        }

        if (text.StartsWith("00", StringComparison.Ordinal))
        {
            return text.Length == Length ? text : null;
        }

        // Of the flags, a later version keeps at least that the caller recorded.
        return text.Length > Length && text[Length] != '-' ? null
            : $"00{text.AsSpan(2, Flags - 2)}{(Convert.FromHexString(text.AsSpan(Flags, 2))[0] & (int)ActivityTraceFlags.Recorded):x2}";
    }

    static bool IsId(ReadOnlySpan<char> text) => IsHex(text) && text.ContainsAnyExcept('0');

    static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept("0123456789abcdef");
}
