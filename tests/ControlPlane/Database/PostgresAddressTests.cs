using CartRecovery.Engine.ControlPlane.Database;
using Npgsql;

namespace CartRecovery.Tests.ControlPlane.Database;

public sealed class PostgresAddressTests
{
    [Test]
    public void An_address_gives_the_settings()
    {
        Assert.That(PostgresAddress.TryParse("postgres://cart%40shop:p%2F%3Aw@db.example:6432/control?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem", out var address, out _));
        var settings = address!.Settings();
        Assert.That((settings.Host, settings.Port, settings.Database, settings.Username, settings.Password), Is.EqualTo(("db.example", 6432, "control", "cart@shop", "p/:w")));
        Assert.That((settings.SslMode, settings.RootCertificate), Is.EqualTo((SslMode.VerifyFull, "/etc/ca.pem")));
        Assert.That(address.ToString(), Is.EqualTo("postgres://db.example:6432/control"));
    }

    [Test]
    public void Port_and_password_are_optional()
    {
        Assert.That(PostgresAddress.TryParse("postgresql://cart@[::1]/control", out var address, out _));
        Assert.That((address!.Settings().Host, address.Settings().Port, address.Settings().Password), Is.EqualTo(("::1", 5432, (string?)null)));
    }

    [TestCase("postgres://host")]
    [TestCase("postgres:///control")]
    [TestCase("postgres://host/a/b")]
    [TestCase("mysql://host/a")]
    [TestCase("postgres://u:secret@host/a?sslmode=never")]
    [TestCase("postgres://u:secret@host/a?options=x")]
    public void An_invalid_address_is_rejected_without_showing_the_password(string text)
    {
        Assert.That(PostgresAddress.TryParse(text, out _, out var problem), Is.False);
        Assert.That(problem, Is.Not.Empty.And.Not.Contains("secret"));
    }
}
