"""The names of the API's numbers.

The numbers and their meanings are those of the fact sheet (`agora-api.yaml`).
"""

from types import MappingProxyType

CHANNEL_TYPE = {"communication": 0, "live": 1}
STREAM_TYPES = {"audio": 0, "video": 1, "both": 2}
VIDEO_STREAM_TYPE = {"high": 0, "low": 1}
DECRYPTION_MODE = {
    "none": 0,
    "AES_128_XTS": 1,
    "AES_128_ECB": 2,
    "AES_256_XTS": 3,
    "SM4_128_ECB": 4,
    "AES_128_GCM": 5,
    "AES_256_GCM": 6,
    "AES_128_GCM2": 7,
    "AES_256_GCM2": 8,
}
SUBSCRIBE_UID_GROUP = {"1-2": 0, "3-7": 1, "8-12": 2, "13-17": 3, "18-32": 4, "33-49": 5}
AUDIO_PROFILE = {"mono48kbps": 0, "mono128kbps": 1, "stereo192kbps": 2}
MIXED_VIDEO_LAYOUT = {"floating": 0, "bestFit": 1, "vertical": 2, "custom": 3}
RENDER_MODE = {"crop": 0, "fit": 1}
REGION_AFFINITY = {"nearest": 0, "china": 1, "southeastAsia": 2, "europe": 3, "northAmerica": 4}
VENDOR = {
    "s3": 1,
    "alibaba": 2,
    "tencent": 3,
    "kingsoft": 4,
    "azure": 5,
    "gcs": 6,
    "huawei": 7,
    "baidu": 8,
    "s3Compatible": 11,
}

# The vendor's own name of each region: Agora's name in lower case with hyphens.
# Alibaba's 26 and 27 have two names (C: English and Chinese reference); both are accepted.
REGIONS = MappingProxyType(
    {
        1: {  # Amazon S3
            "us-east-1": 0,
            "us-east-2": 1,
            "us-west-1": 2,
            "us-west-2": 3,
            "eu-west-1": 4,
            "eu-west-2": 5,
            "eu-west-3": 6,
            "eu-central-1": 7,
            "ap-southeast-1": 8,
            "ap-southeast-2": 9,
            "ap-northeast-1": 10,
            "ap-northeast-2": 11,
            "sa-east-1": 12,
            "ca-central-1": 13,
            "ap-south-1": 14,
            "cn-north-1": 15,
            "cn-northwest-1": 16,
            "af-south-1": 18,
            "ap-east-1": 19,
            "ap-northeast-3": 20,
            "eu-north-1": 21,
            "me-south-1": 22,
            "ap-southeast-3": 24,
            "eu-south-1": 25,
            "us-gov-west-1": 17,
            "us-gov-east-1": 23,
            "il-central-1": 28,
        },
        2: {  # Alibaba OSS
            "cn-hangzhou": 0,
            "cn-shanghai": 1,
            "cn-qingdao": 2,
            "cn-beijing": 3,
            "cn-zhangjiakou": 4,
            "cn-huhehaote": 5,
            "cn-shenzhen": 6,
            "cn-hongkong": 7,
            "us-west-1": 8,
            "us-east-1": 9,
            "ap-southeast-1": 10,
            "ap-southeast-2": 11,
            "ap-southeast-3": 12,
            "ap-southeast-5": 13,
            "ap-northeast-1": 14,
            "ap-south-1": 15,
            "eu-central-1": 16,
            "eu-west-1": 17,
            "eu-east-1": 18,
            "ap-southeast-6": 19,
            "cn-heyuan": 20,
            "cn-guangzhou": 21,
            "cn-chengdu": 22,
            "cn-nanjing": 23,
            "cn-fuzhou": 24,
            "cn-wulanchabu": 25,
            "cn-northeast-2": 26,
            "ap-northeast-2": 26,
            "cn-southeast-7": 27,
            "ap-southeast-7": 27,
        },
        3: {  # Tencent COS
            "ap-beijing-1": 0,
            "ap-beijing": 1,
            "ap-shanghai": 2,
            "ap-guangzhou": 3,
            "ap-chengdu": 4,
            "ap-chongqing": 5,
            "ap-shenzhen-fsi": 6,
            "ap-shanghai-fsi": 7,
            "ap-beijing-fsi": 8,
            "ap-hongkong": 9,
            "ap-singapore": 10,
            "ap-mumbai": 11,
            "ap-seoul": 12,
            "ap-bangkok": 13,
            "ap-tokyo": 14,
            "na-siliconvalley": 15,
            "na-ashburn": 16,
            "na-toronto": 17,
            "eu-frankfurt": 18,
            "eu-moscow": 19,
        },
        4: {  # Kingsoft KS3 (2024 docs only)
            "cn-hangzhou": 0,
            "cn-shanghai": 1,
            "cn-qingdao": 2,
            "cn-beijing": 3,
            "cn-guangzhou": 4,
            "cn-hongkong": 5,
            "jr-beijing": 6,
            "jr-shanghai": 7,
            "na-russia-1": 8,
            "na-singapore-1": 9,
        },
        5: {  # Microsoft Azure
        },
        6: {  # Google Cloud
        },
        7: {  # Huawei OBS
            "cn-north-1": 0,
            "cn-north-4": 1,
            "cn-east-2": 2,
            "cn-east-3": 3,
            "cn-south-1": 4,
            "cn-southwest-2": 5,
            "ap-southeast-1": 6,
            "ap-southeast-2": 7,
            "ap-southeast-3": 8,
            "af-south-1": 9,
            "sa-argentina-1": 10,
            "sa-peru-1": 11,
            "na-mexico-1": 12,
            "sa-brazil-1": 13,
            "la-south-2": 14,
            "sa-chile-1": 15,
        },
        8: {  # Baidu BOS
            "baoding": 1,
            "suzhou": 2,
            "guangzhou": 3,
            "hongkong": 4,
            "singapore": 5,
            "wuhan": 6,
            "shanghai": 7,
            "beijing": 0,
        },
        11: {  # S3-compatible
        },
    }
)

REGIONLESS = frozenset({5, 6, 11})
"""Vendors whose region Agora ignores or fixes: 0 is sent."""

ONLY_IN_2024_DOCS = frozenset({(1, 17), (1, 23), (1, 28), (8, 0)} | {(4, n) for n in range(10)})
"""Regions that only the 2024 documentation names: accepted, with a warning."""


def region_name(vendor: int, region: int) -> str | None:
    """The vendor's name of a region number, or None."""
    return next((name for name, number in REGIONS.get(vendor, {}).items() if number == region), None)
