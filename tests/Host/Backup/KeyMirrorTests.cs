using CartRecovery.Engine.Encryption;
using CartRecovery.Tests.Encryption;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Backup;

public sealed class KeyMirrorTests
{
    [Test]
    public void A_destroyed_key_is_destroyed_in_the_mirror_and_never_restored()
    {
        using var scratch = new Scratch();
        var (folder, mirror, before) = (scratch.PathOf("keys"), scratch.PathOf("mirror"), scratch.PathOf("before"));
        Directory.CreateDirectory(mirror);
        KeyVault.Create(folder, TestKeys.Master);
        long one, two;
        using (var keys = KeyVault.Open(folder, TestKeys.Master))
        {
            (one, two) = (keys.Take(KeyUse.Person).Number, keys.Take(KeyUse.Person).Number);
            KeyMirror.Update(folder, mirror);
            Assert.That((Has(mirror, one), Has(mirror, two)), Is.EqualTo((true, true)));
            Directory.CreateDirectory(before);
            Array.ForEach(Directory.GetFiles(folder), file => File.Copy(file, Path.Combine(before, Path.GetFileName(file))));
            keys.Destroy([one]);
            KeyMirror.Update(folder, mirror);
            Assert.That((Has(mirror, one), Has(mirror, two)), Is.EqualTo((false, true)));
        }

        // Somebody has put an old copy of the folder in place.
        KeyMirror.Update(before, mirror);
        Assert.That((Has(before, one), Has(mirror, one), Has(mirror, two)), Is.EqualTo((true, false, true)));
    }

    static bool Has(string folder, long number)
    {
        using var keys = KeyVault.Open(folder, TestKeys.Master);
        return keys.TryRead(number, new byte[DataKey.Size]);
    }
}
