namespace CartRecovery.Engine.Encryption;

/// <summary>Thrown if a folder's keys cannot be opened with the master key. Nothing was changed.</summary>
public sealed class KeyVaultException(string message) : IOException(message);
