namespace CartRecovery.Engine.Configuration.Security;

/// <summary>Where a secret of the configuration comes from.</summary>
/// <param name="Path">The key's path, such as <c>contact.secret</c>.</param>
/// <param name="Source">The source: a file, a program, Vault, an environment variable, or the configuration file itself. Never the secret.</param>
public sealed record SecretOrigin(string Path, string Source);
