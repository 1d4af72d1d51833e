namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>A precondition of a change: the version that must be stored.</summary>
/// <param name="Version">The required version; <see langword="null"/> for any version or none.</param>
/// <param name="IsNew">Whether the flag must not exist.</param>
/// <param name="MustExist">Whether the flag must exist.</param>
public readonly record struct FlagExpectation(string? Version = null, bool IsNew = false, bool MustExist = false)
{
    /// <summary>Checks the precondition.</summary>
    /// <param name="present">The stored version; <see langword="null"/> for none.</param>
    /// <exception cref="ControlRefusalException">The precondition fails.</exception>
    public void Check(string? present)
    {
        if (IsNew && present is not null)
        {
            throw new ControlRefusalException(ControlRefusalException.FlagExists, "There is a flag with this key already. Change it, or choose another key.");
        }

        if ((Version is not null && Version != present) || (MustExist && present is null))
        {
            throw new ControlRefusalException(ControlRefusalException.FlagChanged, "The flag was changed or deleted meanwhile. Read it again, and repeat your change with its ETag.");
        }
    }
}
