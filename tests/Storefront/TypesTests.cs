using System.Diagnostics;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Storefront;

/// <summary>The types of the client's npm package, as TypeScript sees them in a shop's code.</summary>
[TestFixture]
public sealed class TypesTests
{
    [Test]
    public async Task Events_compile_and_misspelt_ones_do_not()
    {
        using var scratch = new Scratch();
        File.Copy(Path.Combine(Repository.Root, "tests", "Storefront", "Types", "shop.mts"), scratch.PathOf("shop.mts"));
        await RunAsync("npm", "install", "--prefix", scratch.Folder, "--no-audit", "--no-fund", "--silent", "--install-links",
            "typescript@5.9.3", Path.Combine(Repository.Root, "plugins", "storefront"));
        await RunAsync(scratch.PathOf("node_modules/.bin/tsc"), "--strict", "--noEmit", "--module", "nodenext", "--lib", "es2022,dom", scratch.PathOf("shop.mts"));
    }

    static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        Assert.That(process.ExitCode, Is.Zero, $"{program}: {await output}{await errors}");
    }
}
