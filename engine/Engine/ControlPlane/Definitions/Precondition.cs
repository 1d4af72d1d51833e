namespace CartRecovery.Engine.ControlPlane.Definitions;

/// <summary>A precondition of a change: the version that must be stored.</summary>
/// <param name="Version">The required version; <see langword="null"/> for any version or none.</param>
/// <param name="IsNew">Whether the definition must not exist.</param>
/// <param name="MustExist">Whether the definition must exist.</param>
public readonly record struct Precondition(string? Version = null, bool IsNew = false, bool MustExist = false)
{
    /// <summary>Checks the precondition.</summary>
    /// <param name="present">The stored version; <see langword="null"/> for none.</param>
    /// <param name="terms">The words and codes of a refusal.</param>
    /// <exception cref="ControlRefusalException">The precondition fails.</exception>
    public void Check(string? present, DefinitionTerms terms)
    {
        if (IsNew && present is not null)
        {
            throw new ControlRefusalException(terms.Exists, $"There is a {terms.Noun} with this {terms.Name} already. Change it, or choose another {terms.Name}.");
        }

        if ((Version is not null && Version != present) || (MustExist && present is null))
        {
            throw new ControlRefusalException(terms.Changed, $"The {terms.Noun} was changed or deleted meanwhile. Read it again, and repeat your change with its ETag.");
        }
    }
}
