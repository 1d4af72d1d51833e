namespace CartRecovery.Engine.ControlPlane.Definitions;

/// <summary>The words of a kind of definition in messages and the audit log, and the codes of <see cref="ControlRefusalException"/>.</summary>
/// <param name="Noun">A definition, as in "a segment".</param>
/// <param name="Name">What identifies one in its store: key or name.</param>
/// <param name="Exists">The code if the name is taken.</param>
/// <param name="Changed">The code if the client's version is out of date.</param>
/// <param name="TooMany">The code if the limit on the number or the size is reached.</param>
/// <param name="InUse">The code if a definition in use would be deleted; <see langword="null"/> if nothing refers to such definitions.</param>
public sealed record DefinitionTerms(string Noun, string Name, string Exists, string Changed, string TooMany, string? InUse = null);
