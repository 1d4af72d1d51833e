using CartRecovery.Engine.Encryption;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Encryption;

/// <summary>A folder of its own for each test, with keys in it.</summary>
public abstract class EncryptionFixture
{
    /// <summary>The folder.</summary>
    private protected Scratch Scratch { get; private set; } = null!;

    /// <summary>Its keys.</summary>
    private protected KeyVault Keys { get; private set; } = null!;

    [SetUp]
    public void OpenKeys()
    {
        Scratch = new Scratch();
        Keys = TestKeys.In(Scratch);
    }

    [TearDown]
    public void RemoveKeys()
    {
        Keys.Dispose();
        Scratch.Dispose();
    }
}
