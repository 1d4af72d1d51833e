namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>What must be in the database for a change to be made.</summary>
/// <param name="Version">The version that must be there; <see langword="null"/> for any, and for none.</param>
/// <param name="IsNew">Whether nothing may be there.</param>
/// <param name="IsThere">Whether some version must be there.</param>
public readonly record struct FlagExpectation(string? Version = null, bool IsNew = false, bool IsThere = false)
{
    /// <summary>Checks what is there.</summary>
    /// <param name="present">The version that is there; <see langword="null"/> for none.</param>
    /// <exception cref="ControlRefusalException">It is not what was expected.</exception>
    public void Check(string? present)
    {
        if (IsNew && present is not null)
        {
            throw new ControlRefusalException(ControlRefusalException.FlagExists, "There is a flag with this key already. Change it, or choose another key.");
        }

        if ((Version is not null && Version != present) || (IsThere && present is null))
        {
            throw new ControlRefusalException(ControlRefusalException.FlagChanged, "The flag was changed or deleted meanwhile. Read it again, and repeat your change with its ETag.");
        }
    }
}
