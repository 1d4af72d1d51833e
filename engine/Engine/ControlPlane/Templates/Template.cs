namespace CartRecovery.Engine.ControlPlane.Templates;

/// <summary>A version of a template: named texts that campaigns refer to. Immutable.</summary>
/// <param name="Store">The store's id.</param>
/// <param name="Name">The template's name.</param>
/// <param name="Definition">The texts; validated.</param>
/// <param name="Number">The version's number, from 1.</param>
/// <param name="Version">A text that is unique to the version: the entity tag.</param>
/// <param name="At">When the version was made.</param>
/// <param name="By">The actor who made it, as in the audit log.</param>
public sealed record Template(string Store, string Name, TemplateDefinition Definition, long Number, string Version, DateTimeOffset At, string By);
