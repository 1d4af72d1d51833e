using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Tests.ControlPlane.Keys;

public sealed class KeyUsageTests
{
    [Test]
    public void A_key_is_used_when_it_is_marked_and_while_its_streams_are_open()
    {
        var usage = new KeyUsage();
        Assert.That(usage.Take(), Is.False);
        usage.Mark();
        Assert.That((usage.Take(), usage.Take()), Is.EqualTo((true, false)));
        usage.Open();
        usage.Open();
        Assert.That((usage.Take(), usage.Take()), Is.EqualTo((true, true)));
        usage.Close();
        Assert.That((usage.Take(), usage.Take()), Is.EqualTo((true, true)), "one is open");
        usage.Close();
        Assert.That((usage.Take(), usage.Take()), Is.EqualTo((true, false)), "until it was closed");
    }
}
