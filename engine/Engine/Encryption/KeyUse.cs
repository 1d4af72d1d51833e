namespace CartRecovery.Engine.Encryption;

/// <summary>The uses of data keys. The numbers are part of the file format and never change.</summary>
public enum KeyUse : byte
{
    /// <summary>A person's data in the journal. A person may have many.</summary>
    Journal = 0,

    /// <summary>A person's data in the database.</summary>
    Person = 1,

    /// <summary>Dead letters of all stores.</summary>
    DeadLetters = 2,
}
