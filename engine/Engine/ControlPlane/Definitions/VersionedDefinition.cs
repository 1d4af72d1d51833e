namespace CartRecovery.Engine.ControlPlane.Definitions;

/// <summary>A version of a named definition of a store, such as a segment or a template. Immutable.</summary>
/// <param name="Store">The store's id.</param>
/// <param name="Name">The name; unique in the store.</param>
/// <param name="Definition">The definition; validated.</param>
/// <param name="Number">The version's number, from 1.</param>
/// <param name="Version">A text that is unique to the version: the entity tag.</param>
/// <param name="At">When the version was made.</param>
/// <param name="By">The actor who made it, as in the audit log.</param>
public sealed record VersionedDefinition<T>(string Store, string Name, T Definition, long Number, string Version, DateTimeOffset At, string By);
