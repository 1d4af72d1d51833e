using System.Diagnostics;

namespace CartRecovery.Contracts;

/// <summary>
/// A password, token or signing key from the configuration. It prints as <c>***</c> in strings, logs and the debugger; only
/// <see cref="Reveal"/> returns the value.
/// </summary>
[DebuggerDisplay("***")]
public sealed class Secret
{
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    readonly string _value;

    /// <summary>Wraps a value.</summary>
    public Secret(string value) => _value = value;

    /// <summary>Returns the value. Pass it to the receiver; keep it out of messages, reasons and logs.</summary>
    public string Reveal() => _value;

    /// <summary>Returns <c>***</c>.</summary>
    public override string ToString() => "***";
}
