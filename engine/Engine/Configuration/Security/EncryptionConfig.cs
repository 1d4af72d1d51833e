namespace CartRecovery.Engine.Configuration.Security;

/// <summary>The encryption of personal data in the data folder.</summary>
public sealed class EncryptionConfig
{
    [ConfigKey("The master key: at least 32 characters that cannot be guessed. It encrypts the keys of all people, in the folder's 'keys'. Keep it away from "
        + "the folder and its backups. To change it, run: cartrecovery keys rewrap. Default: the folder's file 'secret'.", IsSecret = true)]
    public string? Key { get; set; }
}
