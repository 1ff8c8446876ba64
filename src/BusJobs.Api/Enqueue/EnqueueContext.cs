using System.Buffers.Binary;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using BusJobs.Api.Access;
using BusJobs.Api.Input;
using Microsoft.AspNetCore.Http;

namespace BusJobs.Api.Enqueue;

/// <summary>What a request brings to each of its jobs: whose key it came with, and its <c>Idempotency-Key</c>.</summary>
internal sealed class EnqueueContext
{
    private const string Header = "Idempotency-Key";
    private const string HeaderAllowed = "1 to 255 visible ASCII characters, once";

    private readonly ClaimsPrincipal caller;
    private readonly ApiOptions options;
    private readonly Guid? idempotentId;

    /// <exception cref="InputException">The <c>Idempotency-Key</c> is not allowed, or not here.</exception>
    public EnqueueContext(HttpContext http, ApiOptions options, TimeProvider clock, bool isBatch)
    {
        (caller, this.options, Clock) = (http.User, options, clock);
        if (!http.Request.Headers.TryGetValue(Header, out var given))
        {
            return;
        }

        if (isBatch)
        {
            throw new InputException(new Place(Header: Header), "A batch takes no Idempotency-Key: give each of its jobs an id.");
        }

        idempotentId = given is [{ Length: >= 1 and <= 255 } key] && key.All(c => c is > ' ' and <= '~')
            ? IdOfKey(caller.KeyName, caller.Tenant, key)
            : throw InputException.Refused(new Place(Header: Header), Header, given.ToString(), HeaderAllowed);
    }

    public TimeProvider Clock { get; }

    public string QueueOf(string kind) => options.QueueOfKind.TryGetValue(kind, out var queue) ? queue : Names.DefaultQueue;

    public Guid? IdOf(Fields job)
    {
        var id = job.Id("id");
        if (id is not null && idempotentId is not null)
        {
            throw InputException.Refused(job.At("id"), "id", id.ToString(), $"no id beside an {Header}");
        }

        return id ?? idempotentId;
    }

    /// <summary>A key that is bound to a tenant makes jobs of that tenant only.</summary>
    public string? TenantOf(Fields job)
    {
        var tenant = job.Text("tenant");
        if (caller.Tenant is { } own && tenant is not null && tenant != own)
        {
            throw new InputException(job.At("tenant"), $"This API key makes jobs of the tenant '{own}' only.", StatusCodes.Status403Forbidden);
        }

        return tenant ?? caller.Tenant;
    }

    /// <summary>True when the id was made of the request's <c>Idempotency-Key</c>.</summary>
    public bool IsIdempotent(Guid id) => id == idempotentId;

    /// <summary>
    /// A UUID of version 8: the same for the same key of the same caller, so that the ledger itself keeps what is known. It goes by the
    /// name of the API key, which outlives a change of the secret.
    /// </summary>
    internal static Guid IdOfKey(string caller, string? tenant, string key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"busjobs idempotency\n{caller}\n{tenant}\n{key}")).AsSpan(0, 16);
        BinaryPrimitives.WriteUInt16BigEndian(hash[6..], (ushort)((BinaryPrimitives.ReadUInt16BigEndian(hash[6..]) & 0x0FFF) | 0x8000));
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true);
    }
}
