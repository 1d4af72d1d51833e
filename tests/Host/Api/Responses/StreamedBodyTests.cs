using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Tests.Hosting.Api.Responses;

/// <summary>Streams bodies to clients that read, and to one that does not.</summary>
public sealed class StreamedBodyTests
{
    [Test]
    public async Task A_body_is_written_whole()
    {
        var (context, body) = (new DefaultHttpContext(), new MemoryStream());
        context.Response.Body = body;
        var bytes = Enumerable.Range(0, 3_000_000).Select(i => (byte)i).ToArray();
        await StreamedBody.WriteAsync(context, output => output.Write(bytes));
        Assert.That(body.ToArray(), Is.EqualTo(bytes));
    }

    [Test]
    public void A_client_that_does_not_read_is_cut_off()
    {
        var context = new DefaultHttpContext { Response = { Body = new StuckStream() } };
        Assert.That(async () => await StreamedBody.WriteAsync(context, output => output.Write(new byte[4 << 20]), TimeSpan.FromMilliseconds(20)), Throws.InstanceOf<OperationCanceledException>());
    }

    sealed class StuckStream : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
    }
}
