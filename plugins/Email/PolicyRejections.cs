namespace CartRecovery.Plugins;

/// <summary>
/// Tells a relay's policy against the sender from that of one recipient, by the recipients that it rejects in a row. Thread-safe.
/// </summary>
sealed class PolicyRejections
{
    readonly Lock _gate = new();
    string? _recipient;
    bool _isOfSender;

    /// <summary>Records a rejection.</summary>
    /// <returns>Whether the policy is against the sender: it has met two recipients since the last accepted message.</returns>
    public bool Add(string recipient)
    {
        lock (_gate)
        {
            _isOfSender |= _recipient is not null && !string.Equals(_recipient, recipient, StringComparison.OrdinalIgnoreCase);
            _recipient = recipient;
            return _isOfSender;
        }
    }

    /// <summary>Records an accepted message.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            (_recipient, _isOfSender) = (null, false);
        }
    }
}
