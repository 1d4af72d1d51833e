namespace CartRecovery.Engine.ControlPlane;

/// <summary>Thrown if a change of the control plane is refused, because of what is there or of who asks. Nothing was changed.</summary>
/// <param name="code">A stable code in snake case.</param>
/// <param name="message">What is wrong, and what to do.</param>
public sealed class ControlRefusalException(string code, string message) : Exception(message)
{
    /// <summary>The store has as many keys as it may have.</summary>
    public const string TooManyKeys = "too_many_keys";

    /// <summary>The key was replaced or has expired.</summary>
    public const string KeyEnded = "key_ended";

    /// <summary>A stable code in snake case.</summary>
    public string Code { get; } = code;
}
